% One long vector of flags: the primes below a bound.
1;
function count = sieve(n)
  is_prime = true(1, n);
  is_prime(1) = false;
  is_prime(2) = false;
  i = 2;
  while i * i < n
    if is_prime(i + 1)
      for j = i * i + 1:i:n
        is_prime(j) = false;
      end
    end
    i += 1;
  end
  count = 0;
  for flag = is_prime
    if flag
      count += 1;
    end
  end
end

inputs = argv();
printf("%d\n", sieve(str2double(inputs{1})));
