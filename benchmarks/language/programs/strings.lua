-- Text: lines that grow character by character, then joined to one string.
local function main(n)
  local lines = {}
  for i = 0, n - 1 do
    local line = ""
    for j = 0, 39 do
      if (i * j) % 3 == 0 then line = line .. "#" else line = line .. "." end
    end
    lines[#lines + 1] = i .. ": " .. line
  end
  local text = table.concat(lines, "\n")
  print(#text)
  print(lines[n])
end

main(math.tointeger(arg[1]))
