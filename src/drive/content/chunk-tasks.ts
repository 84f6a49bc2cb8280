/** The chunks of one upload that are under way: few enough that many uploads together keep to their memory. */
import { BoundedTasks } from '../../concurrency/index.ts';
import { chunksInFlightMax } from '../../model/limits.ts';

/** Uploads that store chunks now. */
let sharing = 0;
/** However many uploads there are: one chunk is sealed while another is written. */
const ownMin = 2;

export class ChunkTasks {
  readonly #tasks: BoundedTasks;
  #isSharing = false;

  /** @param max chunks under way when no other upload is; @param onFailure as of `BoundedTasks` */
  constructor(max: number, onFailure: (error: unknown) => void) {
    const share = () => Math.min(max, Math.max(ownMin, Math.floor(chunksInFlightMax / sharing)));
    this.#tasks = new BoundedTasks(share, onFailure);
  }

  /** Waits until one more chunk may be stored. */
  room(): Promise<void> {
    if (!this.#isSharing) sharing += 1;
    this.#isSharing = true;
    return this.#tasks.room();
  }

  start<Result>(task: () => Promise<Result>): Promise<Result> {
    return this.#tasks.start(task);
  }

  /** Waits until nothing runs, whatever the outcomes. Call it when the upload ends, in any case. */
  async settled(): Promise<void> {
    await this.#tasks.settled();
    if (this.#isSharing) sharing -= 1;
    this.#isSharing = false;
  }
}
