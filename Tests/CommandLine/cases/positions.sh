# shellcheck shell=bash
# Positions beyond 2**24, where not every integer is a 32-bit float: exact wherever they are
# computed or used.
cat >positions.smap <<'END'
let x = zeros(16777220)
x[16777217] = 1
let top = argmax(x)
assert(top.item() == 16777217 and argmin(-x).item() == 16777217)
assert(nonzero(x).tolist() == [[16777217]])
assert(topk(x, 2).indices.tolist() == [16777217, 0] and topk(x, 1).values.item() == 1)
assert(x[[16777217]].item() == 1 and x[range(16777217, 16777218)].item() == 1)
assert(x[top].item() == 1 and x[nonzero(x)[0]].item() == 1 and x[[top, 0]].tolist() == [1, 0])
assert(gather(x, 0, [16777217]).item() == 1 and gather(x, 0, nonzero(x)[0]).item() == 1)
assert(top == 16777217 and top != 16777216 and [top] == [16777217] and top == argmax(x))
assert(top.reshape(1, 1)[0].item() == 16777217 and detach(top).item() == 16777217)
print(top, nonzero(x), "{top.item()}")
print(try { top + 1 } catch e { e.message })
print(try { exp(top) } catch e { e.message })
let order = argsort(x)
assert(order[-2:].tolist() == [16777219, 16777217] and order[16777217].item() == 16777218)
assert(sort(x).values[-1].item() == 1 and median(x).item() == 0 and quantile(x, 1).item() == 1)
let found = unique(x)
assert(found.counts.tolist() == [16777219, 1] and found.inverse[16777217].item() == 1)
assert(count_nonzero(x == 0).item() == 16777219 and histogram(x, bins = 2).counts.tolist() == [16777219, 1])
assert(searchsorted(arange(1) * zeros(16777220), 1).item() == 16777220)
print(try { x[tensor([16777217])] } catch e { e.message })
data.save({top, both: [top, 16777219]}, "top.json")
assert(data.load("top.json") == {top: 16777217, both: [16777217, 16777219]})
print("all exact")
END
expect 'positions beyond 2**24' 0 'tensor(16777217) tensor([[16777217]]) 16777217
these positions lie beyond 2**24, where the elements of tensors are no longer exact
these positions lie beyond 2**24, where the elements of tensors are no longer exact
a tensor of 32-bit floats cannot tell index 16777216 from its neighbour
all exact' "$smap" run positions.smap

# Distances of all pairs without storing the differences of all pairs.
printf 'let x = randn(4000, 64, seed = 1)\nlet d = cdist(x, x)\nprint(d.shape, d[7, 7])\n' >distances.smap
expect 'cdist in little memory' 0 '[4000, 4000] tensor(0)' "$smap" run --max-memory 200MB distances.smap
