-- Small functions and lists of numbers: the spectral norm of an infinite matrix.
local function entry(i, j)
  return 1 / ((i + j) * (i + j + 1) / 2 + i + 1)
end

local function times(v, n)
  local result = {}
  for i = 0, n - 1 do
    local total = 0
    for j = 0, n - 1 do total = total + entry(i, j) * v[j + 1] end
    result[i + 1] = total
  end
  return result
end

local function times_transposed(v, n)
  local result = {}
  for i = 0, n - 1 do
    local total = 0
    for j = 0, n - 1 do total = total + entry(j, i) * v[j + 1] end
    result[i + 1] = total
  end
  return result
end

local function main(n)
  local u = {}
  for i = 1, n do u[i] = 1 end
  local v
  for _ = 1, 3 do
    v = times_transposed(times(u, n), n)
    u = times_transposed(times(v, n), n)
  end
  local uv = 0
  local vv = 0
  for i = 1, n do
    uv = uv + u[i] * v[i]
    vv = vv + v[i] * v[i]
  end
  print(string.format("%.6f", (uv / vv) ^ 0.5))
end

main(math.tointeger(arg[1]))
