import { test } from 'node:test';
import { freshSeed } from '../support/fresh-seed.ts';
import { fuzzDoors } from './fuzz/doors.ts';

test(
  `five thousand spoiled requests to every door get an answer below 500, and list nothing that was refused (seed ${freshSeed})`,
  { timeout: 600_000 },
  () => fuzzDoors(5000, freshSeed),
);
