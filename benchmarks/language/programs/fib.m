% Calls: the Fibonacci numbers by plain recursion.
1;
function r = fib(n)
  if n < 2
    r = n;
  else
    r = fib(n - 1) + fib(n - 2);
  end
end

inputs = argv();
printf("%d\n", fib(str2double(inputs{1})));
