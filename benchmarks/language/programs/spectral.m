% Small functions and vectors of numbers: the spectral norm of an infinite matrix.
1;
function r = entry(i, j)
  r = 1 / ((i + j) * (i + j + 1) / 2 + i + 1);
end

function result = times_(v, n)
  result = zeros(n, 1);
  for i = 0:n - 1
    total = 0;
    for j = 0:n - 1
      total += entry(i, j) * v(j + 1);
    end
    result(i + 1) = total;
  end
end

function result = times_transposed(v, n)
  result = zeros(n, 1);
  for i = 0:n - 1
    total = 0;
    for j = 0:n - 1
      total += entry(j, i) * v(j + 1);
    end
    result(i + 1) = total;
  end
end

inputs = argv();
n = str2double(inputs{1});
u = ones(n, 1);
for round_ = 1:3
  v = times_transposed(times_(u, n), n);
  u = times_transposed(times_(v, n), n);
end
uv = 0;
vv = 0;
for i = 1:n
  uv += u(i) * v(i);
  vv += v(i) * v(i);
end
printf("%.6f\n", (uv / vv) ^ 0.5);
