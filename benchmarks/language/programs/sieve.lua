-- One long list of flags: the primes below a bound.
local function sieve(n)
  local is_prime = {}
  for i = 1, n do is_prime[i] = true end
  is_prime[1] = false
  is_prime[2] = false
  local i = 2
  while i * i < n do
    if is_prime[i + 1] then
      for j = i * i + 1, n, i do is_prime[j] = false end
    end
    i = i + 1
  end
  local count = 0
  for _, flag in ipairs(is_prime) do
    if flag then count = count + 1 end
  end
  return count
end

print(sieve(math.tointeger(arg[1])))
