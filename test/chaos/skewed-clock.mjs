/** Preloaded into a device's process: its wall clock is off by PEERSTOR_TEST_SKEW_MS. */
const skewMs = Number(process.env.PEERSTOR_TEST_SKEW_MS ?? 0);
const now = Date.now.bind(Date);
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(now() + skewMs);
    else super(...given);
  }
  static now() {
    return now() + skewMs;
  }
};
