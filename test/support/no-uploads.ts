/** Fakes keep no content that comes in several requests: tests of such uploads run over the real drive. */
import type { ResumableUploads } from '../../src/model/contracts/uploads.ts';

const refuse = async (): Promise<never> => {
  throw new Error('the fake device takes no uploads in several requests');
};

export const noUploads: ResumableUploads = {
  create: refuse,
  look: refuse,
  append: refuse,
  remove: refuse,
  list: refuse,
  onChange: () => () => undefined,
};
