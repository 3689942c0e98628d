% Recursion over parts of one vector, which Octave passes by value: sorting numbers.
1;
function list = sort_(list, first, last)
  if first >= last
    return;
  end
  pivot = list(floor((first + last) / 2));
  low = first;
  high = last;
  while low <= high
    while list(low) < pivot
      low += 1;
    end
    while list(high) > pivot
      high -= 1;
    end
    if low <= high
      held = list(low);
      list(low) = list(high);
      list(high) = held;
      low += 1;
      high -= 1;
    end
  end
  list = sort_(list, first, high);
  list = sort_(list, low, last);
end

inputs = argv();
n = str2double(inputs{1});
list = [];
state = 42;
for i = 1:n
  state = mod(state * 16807, 2147483647);
  list(end + 1) = state;
end
list = sort_(list, 1, n);
checksum = 0;
for i = 1:n
  checksum = mod(checksum * 31 + list(i), 1000003);
end
printf("%d\n", checksum);
