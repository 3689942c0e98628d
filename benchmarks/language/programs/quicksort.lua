-- Recursion over parts of one list: sorting numbers in place.
local function sort(list, first, last)
  if first >= last then return end
  local pivot = list[(first + last) // 2]
  local low = first
  local high = last
  while low <= high do
    while list[low] < pivot do low = low + 1 end
    while list[high] > pivot do high = high - 1 end
    if low <= high then
      local held = list[low]
      list[low] = list[high]
      list[high] = held
      low = low + 1
      high = high - 1
    end
  end
  sort(list, first, high)
  sort(list, low, last)
end

local function main(n)
  local list = {}
  local state = 42
  for i = 1, n do
    state = (state * 16807) % 2147483647
    list[#list + 1] = state
  end
  sort(list, 1, n)
  local checksum = 0
  for i = 1, n do checksum = (checksum * 31 + list[i]) % 1000003 end
  print(checksum)
end

main(math.tointeger(arg[1]))
