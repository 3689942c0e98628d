-- Methods: an account as a class by metatable, and the functions of lists.
local Account = {}
Account.__index = Account

function Account.new(owner)
  return setmetatable({owner = owner, balance = 0, count = 0}, Account)
end

function Account:deposit(amount)
  self.balance = self.balance + amount
  self.count = self.count + 1
end

function Account:fee(rate)
  return self.balance * rate
end

local function main(n)
  local accounts = {}
  for i = 0, 9 do accounts[i + 1] = Account.new(i) end
  local log = {}
  local fees = 0
  for i = 0, n - 1 do
    local chosen = accounts[i % 10 + 1]
    chosen:deposit(i % 7)
    fees = fees + chosen:fee(2)
    table.insert(log, fees)
    if #log == 100 then while #log > 50 do table.remove(log) end end
  end
  local total = 0
  for _, each in ipairs(accounts) do total = total + each.balance + each.count end
  print(total .. " " .. fees .. " " .. #log)
end

main(math.tointeger(arg[1]))
