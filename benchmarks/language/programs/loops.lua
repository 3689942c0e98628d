-- Three nested counting loops around a little arithmetic.
local function loops(n)
  local total = 0
  for i = 0, n - 1 do
    for j = 0, n - 1 do
      for k = 0, n - 1 do
        total = total + (i * j + k) % 7
      end
    end
  end
  return total
end

print(loops(math.tointeger(arg[1])))
