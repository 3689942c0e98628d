-- Arithmetic in a loop with two conditions: steps until points of the plane escape.
local function escape(re, im)
  local x = 0
  local y = 0
  local steps = 0
  while steps < 100 and x * x + y * y <= 4 do
    local next = x * x - y * y + re
    y = 2 * x * y + im
    x = next
    steps = steps + 1
  end
  return steps
end

local function main(n)
  local total = 0
  for row = 0, n - 1 do
    for column = 0, n - 1 do
      total = total + escape(3 * column / n - 2, 2 * row / n - 1)
    end
  end
  print(total)
end

main(math.tointeger(arg[1]))
