/**
 * The seed of this run: PEERSTOR_TEST_SEED, which `scripts/test.ts` sets and prints, else a new one. Titles of
 * tests that use it name it, so that a failure can be repeated.
 */
export const freshSeed = Number(process.env.PEERSTOR_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
