% Arithmetic in a loop with two conditions: steps until points of the plane escape.
1;
function steps = escape(re, im)
  x = 0;
  y = 0;
  steps = 0;
  while steps < 100 && x * x + y * y <= 4
    next = x * x - y * y + re;
    y = 2 * x * y + im;
    x = next;
    steps += 1;
  end
end

inputs = argv();
n = str2double(inputs{1});
total = 0;
for row = 0:n - 1
  for column = 0:n - 1
    total += escape(3 * column / n - 2, 2 * row / n - 1);
  end
end
printf("%d\n", total);
