// SPDX-License-Identifier: Apache-2.0
//
// The one table of elementwise operations. From it come the kernels and their gradients
// (functions.c, elementwise.c), Swift's enums `UnaryOperation` and `BinaryOperation` with their
// dispatch and backward pass, the functions of one number of the library, and the tests against
// double precision and finite differences. A name is that of the kernel (`smap_exp`) and of the
// case (`.exp`).
//
// UNARY(name, reads, low, high, number, formula, derivative)
//   reads       what the derivative reads: the `argument` x or the `result` y. `zero`: the function
//               is constant almost everywhere. `mask`: the result is a mask and has no derivative.
//   low, high   between which the function is smooth: the arguments of finite differences
//   number      the function of one number, in double precision, of x
//   formula     of the float x
//   derivative  of the float x or y, whichever it reads; a factor of the gradient
//
// UNARY_RUN is the same for functions that are computed by runs: formula and derivative write n
// floats to `out`, from the floats at x.
//
// BINARY(name, kind, ranges, formula, left reads, left, right reads, right)
//   kind        `arithmetic`; `choice`, if two masks give a mask; `comparison`, if the result is a
//               mask and has no gradient
//   ranges      of a and of b, for finite differences: low, high, low, high
//   formula     of the floats a and b
//   left reads  what the gradient of a reads: any of a, b and the result y, in this order, or
//               `nothing`. `same`: it is g. `zero`: there is none.
//   left        the gradient of a, from what it reads and the gradient g of the result; likewise
//               right, that of b

UNARY(negate, argument, -1.5f, 1.5f, -x, -x, -1.0f)
UNARY(abs, argument, -1.5f, 1.5f, fabs(x), fabsf(x), sign_of(x))
UNARY(square, argument, -1.5f, 1.5f, x * x, x * x, 2.0f * x)
UNARY(sqrt, result, 0.6f, 2.0f, sqrt(x), sqrtf(x), 0.5f / y)
UNARY(rsqrt, result, 0.6f, 2.0f, 1.0 / sqrt(x), 1.0f / sqrtf(x), -0.5f * y * y * y)
UNARY(exp, result, -1.5f, 1.5f, exp(x), full_exp(x), y)
UNARY(exp2, result, -1.5f, 1.5f, exp2(x), exp2f(x), 0.693147181f * y)
UNARY(expm1, result, -1.5f, 1.5f, expm1(x), expm1f(x), y + 1.0f)
UNARY(log, argument, 0.6f, 2.0f, log(x), full_log(x), 1.0f / x)
UNARY(log1p, argument, -0.7f, 0.7f, log1p(x), log1pf(x), 1.0f / (1.0f + x))
UNARY(log2, argument, 0.6f, 2.0f, log2(x), full_log2(x), 1.44269504f / x)
UNARY(log10, argument, 0.6f, 2.0f, log10(x), log10f(x), 0.434294482f / x)

UNARY_RUN(sin, argument, -1.5f, 1.5f, sin(x), turned_sine(x, out, n, 0), turned_sine(x, out, n, 1))
UNARY_RUN(cos, argument, -1.5f, 1.5f, cos(x), turned_sine(x, out, n, 1), turned_sine(x, out, n, 2))
UNARY(tan, result, -0.7f, 0.7f, tan(x), tanf(x), 1.0f + y * y)
UNARY(asin, argument, -0.7f, 0.7f, asin(x), asinf(x), 1.0f / sqrtf(1.0f - x * x))
UNARY(acos, argument, -0.7f, 0.7f, acos(x), acosf(x), -1.0f / sqrtf(1.0f - x * x))
UNARY(atan, argument, -1.5f, 1.5f, atan(x), atanf(x), 1.0f / (1.0f + x * x))
UNARY(sinh, argument, -1.5f, 1.5f, sinh(x), sinhf(x), coshf(x))
UNARY(cosh, argument, -1.5f, 1.5f, cosh(x), coshf(x), sinhf(x))
UNARY(tanh, result, -1.5f, 1.5f, tanh(x), full_tanh(x), 1.0f - y * y)
UNARY(asinh, argument, -1.5f, 1.5f, asinh(x), asinhf(x), 1.0f / sqrtf(x * x + 1.0f))
UNARY(acosh, argument, 1.3f, 2.0f, acosh(x), acoshf(x), 1.0f / sqrtf(x * x - 1.0f))
UNARY(atanh, argument, -0.7f, 0.7f, atanh(x), atanhf(x), 1.0f / (1.0f - x * x))

UNARY(sigmoid, result, -1.5f, 1.5f, sigmoid_number(x), full_sigmoid(x), y * (1.0f - y))
UNARY(relu, argument, -1.5f, 1.5f, x < 0 ? 0 : x, x < 0.0f ? 0.0f : x, x > 0.0f ? 1.0f : 0.0f)
// x times the probability that a standard normal number is below x.
UNARY(gelu, argument, -5.0f, 5.0f, x == -INFINITY ? 0 : 0.5 * x * (1 + erf(x * M_SQRT1_2)),
      full_gelu(x), full_gelu_slope(x))
// x times its sigmoid.
UNARY(silu, argument, -5.0f, 5.0f, x == -INFINITY ? 0 : x * sigmoid_number(x), full_silu(x),
      full_silu_slope(x))
// log(1 + e^x).
UNARY(softplus, argument, -1.5f, 1.5f, x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)),
      x > 0.0f ? x + log1pf(expf(-x)) : log1pf(expf(x)), 1.0f / (1.0f + expf(-x)))
UNARY(erf, argument, -1.5f, 1.5f, erf(x), erff(x), 1.12837917f * expf(-x * x))

// 1, 0 or -1 by sign; NaN for NaN.
UNARY(sign, zero, -1.5f, 1.5f, x > 0 ? 1 : x < 0 ? -1 : x != x ? x : 0, sign_of(x), 0)
UNARY(floor, zero, -1.5f, 1.5f, floor(x), floorf(x), 0)
UNARY(ceil, zero, -1.5f, 1.5f, ceil(x), ceilf(x), 0)
// To the nearest whole number; halves to the even one.
UNARY(round, zero, -1.5f, 1.5f, rint(x), rintf(x), 0)
UNARY(trunc, zero, -1.5f, 1.5f, trunc(x), truncf(x), 0)

UNARY(isnan, mask, 0, 0, x != x, x != x ? 1.0f : 0.0f, 0)
UNARY(isinf, mask, 0, 0, fabs(x) == INFINITY, fabsf(x) == INFINITY ? 1.0f : 0.0f, 0)
UNARY(isfinite, mask, 0, 0, fabs(x) < INFINITY, fabsf(x) < INFINITY ? 1.0f : 0.0f, 0)

BINARY(add, arithmetic, (-1.5f, 1.5f, -1.5f, 1.5f), a + b, same, g, same, g)
BINARY(subtract, arithmetic, (-1.5f, 1.5f, -1.5f, 1.5f), a - b, same, g, nothing, -g)
BINARY(multiply, choice, (-1.5f, 1.5f, -1.5f, 1.5f), a * b, b, g * b, a, g * a)
BINARY(divide, arithmetic, (0.5f, 2.0f, 0.5f, 2.0f), a / b, b, g / b, by, -(g / b * y))
// The larger and the smaller; NaN if either is NaN. Ties share the gradient.
BINARY(maximum, choice, (-1.5f, 1.5f, -1.5f, 1.5f), ((a >= b) | (a != a)) ? a : b,
       ab, g * share(a > b, a == b), ab, g * (1.0f - share(a > b, a == b)))
BINARY(minimum, choice, (-1.5f, 1.5f, -1.5f, 1.5f), ((a <= b) | (a != a)) ? a : b,
       ab, g * share(a < b, a == b), ab, g * (1.0f - share(a < b, a == b)))
BINARY(power, arithmetic, (0.5f, 2.0f, 0.5f, 2.0f), powf(a, b),
       ab, g * (b == 0.0f ? 0.0f : b * powf(a, b - 1.0f)),
       // 0 ** y is 0 for all y around a positive one, and 1 at 0 by definition.
       aby, g * (((a == 0.0f) & (b >= 0.0f)) ? 0.0f : y * full_log(a)))
// The quotient rounded down, and the remainder that goes with it, of the divisor's sign.
BINARY(floorDivide, arithmetic, (2.2f, 2.9f, 1.01f, 1.09f), floored_quotient(a, b), zero, 0, zero, 0)
BINARY(remainder, arithmetic, (2.2f, 2.9f, 1.01f, 1.09f), signed_remainder(a, b),
       same, g, ab, -(g * floored_quotient(a, b)))
// The remainder of the dividend's sign.
BINARY(fmod, arithmetic, (2.2f, 2.9f, 1.01f, 1.09f), fmodf(a, b),
       same, g, ab, -(g * truncf(a / b)))
// The angle of the point (b, a), and its distance from the origin, where there is no direction.
BINARY(atan2, arithmetic, (0.5f, 2.0f, 0.5f, 2.0f), atan2f(a, b),
       ab, over_distance(g * b, squares(a, b)), ab, -over_distance(g * a, squares(a, b)))
BINARY(hypot, arithmetic, (0.5f, 2.0f, 0.5f, 2.0f), hypotf(a, b),
       ay, over_distance(g * a, y), by, over_distance(g * b, y))

BINARY(equal, comparison, (0, 0, 0, 0), a == b ? 1.0f : 0.0f, zero, 0, zero, 0)
BINARY(unequal, comparison, (0, 0, 0, 0), a != b ? 1.0f : 0.0f, zero, 0, zero, 0)
BINARY(less, comparison, (0, 0, 0, 0), a < b ? 1.0f : 0.0f, zero, 0, zero, 0)
BINARY(lessOrEqual, comparison, (0, 0, 0, 0), a <= b ? 1.0f : 0.0f, zero, 0, zero, 0)
BINARY(greater, comparison, (0, 0, 0, 0), a > b ? 1.0f : 0.0f, zero, 0, zero, 0)
BINARY(greaterOrEqual, comparison, (0, 0, 0, 0), a >= b ? 1.0f : 0.0f, zero, 0, zero, 0)
