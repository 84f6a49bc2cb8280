/** Times as clients write them, read strictly: what is no such time is refused, never taken for another. */

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const isoShape =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:[.](\d{1,9}))?)?(?:Z|([+-])(\d\d):(\d\d))$/;
/** IMF-fixdate, and the two older forms that a recipient must take (RFC 9110 section 5.6.7). */
const fixdateShape = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;
const rfc850Shape = /^[A-Z][a-z]{5,8}, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/;
const asctimeShape = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/** A time of RFC 3339, zone included, as Unix milliseconds; undefined for anything else. */
export function isoTimeMs(text: string): number | undefined {
  const match = isoShape.exec(text);
  if (match === null) return undefined;
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second = '0',
    fraction = '',
    sign,
    zoneHour = '0',
    zoneMinute = '0',
  ] = match;
  const ms = utcMs(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  if (ms === undefined || Number(zoneHour) > 23 || Number(zoneMinute) > 59) return undefined;
  const offsetMs = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000 * (sign === '-' ? -1 : 1);
  return ms + Number(fraction.slice(0, 3).padEnd(3, '0')) - offsetMs;
}

/** An HTTP date as Unix milliseconds; undefined for anything else. */
export function httpDateMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const fixdate = fixdateShape.exec(text);
  if (fixdate) {
    const [, day, month = '', year, ...time] = fixdate;
    return utcMs(Number(year), monthNames.indexOf(month), Number(day), ...timeOfDay(time));
  }
  const rfc850 = rfc850Shape.exec(text);
  if (rfc850) {
    const [, day, month = '', year, ...time] = rfc850;
    const century = Number(year) < 70 ? 2000 : 1900;
    return utcMs(century + Number(year), monthNames.indexOf(month), Number(day), ...timeOfDay(time));
  }
  const [, month = '', day, hour, minute, second, year] = asctimeShape.exec(text) ?? [];
  return utcMs(Number(year), monthNames.indexOf(month), Number(day), ...timeOfDay([hour, minute, second]));
}

function timeOfDay(texts: readonly (string | undefined)[]): [number, number, number] {
  const [hour, minute, second] = texts.map(Number);
  return [hour ?? Number.NaN, minute ?? Number.NaN, second ?? Number.NaN];
}

/** Undefined for a day or an hour that does not exist: `Date` would take the 30th of February for a day in March. */
function utcMs(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | undefined {
  const ms = Date.UTC(year, month, day, hour, minute, second);
  const date = new Date(ms);
  const isSame =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  return isSame ? ms : undefined;
}
