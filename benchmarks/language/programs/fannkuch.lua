-- Elements of short lists, read and written: flips of all permutations.
local function fannkuch(n)
  local permutation = {}
  local counts = {}
  for i = 0, n - 1 do
    permutation[i + 1] = i
    counts[i + 1] = 0
  end
  local best = 0
  local checksum = 0
  local parity = 0
  local r = n
  while true do
    while r > 1 do
      counts[r] = r
      r = r - 1
    end
    if permutation[1] ~= 0 then
      local copy = {table.unpack(permutation)}
      local flips = 0
      local first = copy[1]
      while first ~= 0 do
        local low = 1
        local high = first + 1
        while low < high do
          local held = copy[low]
          copy[low] = copy[high]
          copy[high] = held
          low = low + 1
          high = high - 1
        end
        flips = flips + 1
        first = copy[1]
      end
      if flips > best then best = flips end
      checksum = checksum + (parity == 0 and flips or -flips)
    end
    local searching = true
    while searching do
      if r == n then return checksum, best end
      local front = permutation[1]
      for i = 1, r do permutation[i] = permutation[i + 1] end
      permutation[r + 1] = front
      counts[r + 1] = counts[r + 1] - 1
      if counts[r + 1] > 0 then searching = false else r = r + 1 end
    end
    parity = 1 - parity
  end
end

local checksum, best = fannkuch(math.tointeger(arg[1]))
print(checksum .. " " .. best)
