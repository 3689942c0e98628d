% Functions that make functions. Handles of Octave capture values only, so a counter hands on its state.
1;
function [state, value] = count_on(state, step)
  state += step;
  value = state;
end

function r = compose(f, g)
  r = @(x) f(g(x));
end

inputs = argv();
n = str2double(inputs{1});
total = 0;
for i = 0:n - 1
  step = mod(i, 5);
  next = @(state) count_on(state, step);
  double_then_add = compose(@(x) x + i, @(x) 2 * x);
  state = 0;
  for turn = 0:9
    [state, value] = next(state);
    total += value + double_then_add(turn);
  end
end
printf("%d\n", total);
