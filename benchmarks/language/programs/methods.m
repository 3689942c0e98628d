% Methods: structs and functions that take and return them, as values have no methods in a script.
1;
function self = account(owner)
  self = struct("owner", owner, "balance", 0, "count", 0);
end

function self = deposit(self, amount)
  self.balance += amount;
  self.count += 1;
end

function r = fee(self, rate)
  r = self.balance * rate;
end

inputs = argv();
n = str2double(inputs{1});
accounts = {};
for i = 0:9
  accounts{i + 1} = account(i);
end
log = [];
fees = 0;
for i = 0:n - 1
  index = mod(i, 10) + 1;
  accounts{index} = deposit(accounts{index}, mod(i, 7));
  fees += fee(accounts{index}, 2);
  log(end + 1) = fees;
  if numel(log) == 100
    while numel(log) > 50
      log(end) = [];
    end
  end
end
total = 0;
for i = 1:10
  total += accounts{i}.balance + accounts{i}.count;
end
printf("%d %d %d\n", total, fees, numel(log));
