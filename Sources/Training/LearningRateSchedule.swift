// SPDX-License-Identifier: Apache-2.0
//
// Learning rates by step. Each schedule rises linearly over the warm-up and then stays, falls along
// half a cosine (Loshchilov and Hutter, 2017), or falls by a factor every so many steps.

import Glibc

/// A floating-point number that has a cosine.
public protocol ScheduleNumber: BinaryFloatingPoint, Sendable {
  /// The cosine of an angle in radians.
  static func cosine(_ angle: Self) -> Self
  /// `base` to the power of `exponent`.
  static func power(_ base: Self, _ exponent: Self) -> Self
}

extension Float: ScheduleNumber {
  /// The cosine of an angle in radians.
  public static func cosine(_ angle: Float) -> Float { cosf(angle) }
  /// `base` to the power of `exponent`.
  public static func power(_ base: Float, _ exponent: Float) -> Float { powf(base, exponent) }
}

extension Double: ScheduleNumber {
  /// The cosine of an angle in radians.
  public static func cosine(_ angle: Double) -> Double { cos(angle) }
  /// `base` to the power of `exponent`.
  public static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
}

/// The shape of a schedule after its warm-up.
public enum ScheduleShape: String, Sendable, CaseIterable {
  /// Half a cosine down to the floor.
  case cosine
  /// The peak throughout.
  case constant
  /// The peak times a factor for each interval that has passed.
  case step
}

/// The learning rate of each step of a training.
public struct LearningRateSchedule<Rate: ScheduleNumber>: Sendable, Equatable {
  /// The shape after the warm-up.
  public var shape: ScheduleShape
  /// The highest rate.
  public var peak: Rate
  /// Steps over which the rate rises linearly to the peak.
  public var warmup: Rate
  /// The share of the peak at which a cosine ends.
  public var floorShare: Rate
  /// Steps between two reductions of a `step` schedule; 0 makes three intervals.
  public var interval: Rate
  /// What each reduction of a `step` schedule multiplies the rate by.
  public var factor: Rate

  /// A schedule; `interval` and `factor` matter for `step` only, `floorShare` for `cosine`.
  public init(
    _ shape: ScheduleShape = .cosine, peak: Rate, warmup: Rate = 0, floorShare: Rate = 0,
    interval: Rate = 0, factor: Rate = 1 / 10
  ) {
    (self.shape, self.peak, self.warmup) = (shape, peak, warmup)
    (self.floorShare, self.interval, self.factor) = (floorShare, interval, factor)
  }

  /// The rate of `step`, counted from 0, in a training of `total` steps.
  public func rate(step: Rate, of total: Rate) -> Rate {
    if step < warmup { return peak * (step + 1) / max(warmup, 1) }
    let decaying = max(total - warmup, 1)
    switch shape {
    case .constant: return peak
    case .cosine:
      let floor = peak * floorShare
      let progress = min(max((step - warmup) / decaying, 0), 1)
      return floor + (peak - floor) * 0.5 * (1 + Rate.cosine(Rate.pi * progress))
    case .step:
      let length = interval > 0 ? interval : max((decaying / 3).rounded(.up), 1)
      return peak * Rate.power(factor, ((step - warmup) / length).rounded(.down))
    }
  }
}
