% Three nested counting loops around a little arithmetic.
1;
function total = loops(n)
  total = 0;
  for i = 0:n - 1
    for j = 0:n - 1
      for k = 0:n - 1
        total += mod(i * j + k, 7);
      end
    end
  end
end

inputs = argv();
printf("%d\n", loops(str2double(inputs{1})));
