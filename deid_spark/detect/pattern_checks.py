"""The checks that a pattern file may name in `verify`: (match, score) -> the score to use, 0 to drop the match.

They judge what a regex can't: calendars, checksums, how many digits a token holds. They see the match and its text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from deid_spark.detect import check_dates, check_numbers, check_people

Check = Callable[["re.Match[str]", float], float]

CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        check_dates.full_date,
        check_dates.ocr_date,
        check_dates.month_day,
        check_dates.month_days,
        check_dates.day_month,
        check_dates.compact_date,
        check_dates.day_before_month,
        check_dates.starts_with_month,
        check_dates.no_saturation,
        check_dates.list_of_weekdays,
        check_dates.weekday_letters,
        check_dates.years_in_order,
        check_dates.no_time_log,
        check_dates.clock_time,
        check_dates.small_ratio,
        check_numbers.some_digits,
        check_numbers.three_digits,
        check_numbers.four_digits,
        check_numbers.ocr_phone,
        check_numbers.nanp,
        check_numbers.npi,
        check_numbers.dea,
        check_numbers.ssn,
        check_numbers.vin,
        check_numbers.ipv4,
        check_numbers.mbi,
        check_numbers.spoken_phone,
        check_numbers.five_digits,
        check_numbers.id_not_number,
        check_numbers.not_a_drug_code,
        check_numbers.not_a_count,
        check_numbers.not_a_range,
        check_numbers.device_id,
        check_numbers.international,
        check_people.human_age,
        check_people.adult_age,
        check_people.age_beside_sex,
        check_people.age_after_name,
        check_people.age_after_birth_date,
        check_people.street,
        check_people.unnumbered_street,
        check_people.state_and_zip,
        check_people.zip_after_city,
        check_people.highway,
        check_people.not_the_county,
        check_people.landmark,
        check_people.not_postop_day,
        check_people.chat_name,
        check_people.handle,
    )
}
