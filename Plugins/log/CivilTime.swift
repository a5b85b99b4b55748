/// A moment as people write it, in UTC.
struct CivilTime: Equatable {
  let year, month, day, hour, minute, second, millisecond: UInt64

  /// What is before 1970 or after 9999 is taken for the nearest moment within.
  init(unixMilliseconds: Int64) {
    let moment = UInt64(min(max(unixMilliseconds, 0), 253_402_300_799_999))
    millisecond = moment % 1000
    second = moment / 1000 % 60
    minute = moment / 60_000 % 60
    hour = moment / 3_600_000 % 24

    // Howard Hinnant's civil_from_days: years begin on 1 March, so that a leap day is the last day
    // of its year, and repeat every 400 years, which are 146,097 days.
    let days = moment / 86_400_000 + 719_468
    let dayOfEra = days % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = days / 146_097 * 400 + yearOfEra + (month <= 2 ? 1 : 0)
  }
}
