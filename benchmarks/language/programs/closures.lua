-- Functions that make functions: counters with a state of their own, and compositions.
local function make_counter(step)
  local count = 0
  return function()
    count = count + step
    return count
  end
end

local function compose(f, g)
  return function(x) return f(g(x)) end
end

local function main(n)
  local total = 0
  for i = 0, n - 1 do
    local next = make_counter(i % 5)
    local double_then_add = compose(
      function(x) return x + i end, function(x) return 2 * x end)
    for turn = 0, 9 do
      total = total + next() + double_then_add(turn)
    end
  end
  print(total)
end

main(math.tointeger(arg[1]))
