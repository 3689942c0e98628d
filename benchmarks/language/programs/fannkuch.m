% Elements of short vectors, read and written: flips of all permutations.
1;
function [checksum, best] = fannkuch(n)
  permutation = 0:n - 1;
  counts = zeros(1, n);
  best = 0;
  checksum = 0;
  parity = 0;
  r = n;
  while true
    while r > 1
      counts(r) = r;
      r -= 1;
    end
    if permutation(1) != 0
      copy = permutation;
      flips = 0;
      first = copy(1);
      while first != 0
        low = 1;
        high = first + 1;
        while low < high
          held = copy(low);
          copy(low) = copy(high);
          copy(high) = held;
          low += 1;
          high -= 1;
        end
        flips += 1;
        first = copy(1);
      end
      if flips > best
        best = flips;
      end
      if parity == 0
        checksum += flips;
      else
        checksum -= flips;
      end
    end
    searching = true;
    while searching
      if r == n
        return;
      end
      front = permutation(1);
      for i = 1:r
        permutation(i) = permutation(i + 1);
      end
      permutation(r + 1) = front;
      counts(r + 1) -= 1;
      if counts(r + 1) > 0
        searching = false;
      else
        r += 1;
      end
    end
    parity = 1 - parity;
  end
end

inputs = argv();
[checksum, best] = fannkuch(str2double(inputs{1}));
printf("%d %d\n", checksum, best);
