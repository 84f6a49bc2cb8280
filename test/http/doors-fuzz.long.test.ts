import { test } from 'node:test';
import { freshSeed } from '../support/fresh-seed.ts';
import { fuzzDoors } from './doors-fuzz.ts';

test(
  'ten thousand spoiled requests to WebDAV, S3 and archives get an answer below 500',
  { timeout: 3_600_000 },
  () => fuzzDoors(10_000, freshSeed),
);
