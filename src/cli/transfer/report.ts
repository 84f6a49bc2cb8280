/**
 * What became of each file of a transfer. Every file is tried; what failed is named with its cause when it
 * happens, and a last line says how many there are.
 */
import { isPeerstorError } from '../../model/errors.ts';
import { CommandFailure, failureOf } from '../failure.ts';
import { countOf, printLine, printNotice } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import { localCause } from './disk-facts.ts';

export interface Failed {
  path: string;
  code: string;
  message: string;
}

export interface Passed {
  path: string;
  message: string;
}

/** So many failures in a row to reach the device mean that it is gone: the rest is not tried. */
const unreachableMax = 10;

export class TransferReport {
  readonly progress: Progress;
  readonly failed: Failed[] = [];
  /** What was left out on purpose, and told. */
  readonly passedOver: Passed[] = [];
  /** Files that are there already. */
  unchanged = 0;
  saved = 0;
  /** Files that were begun and neither saved nor failed, when somebody stopped the command. */
  cutOff = 0;
  /** The same, of which the device keeps what came. */
  waiting = 0;
  readonly #json: boolean;
  readonly #did: string;
  readonly #dryRun: boolean;
  #partly = 0;
  #unreachable = 0;
  #gaveUp = false;

  /** @param did what a file was, such as "uploaded" */
  constructor(did: string, options: { json?: boolean; dryRun?: boolean }) {
    this.#did = did;
    this.#dryRun = options.dryRun === true;
    this.#json = options.json === true;
    this.progress = new Progress(did);
  }

  /** True when nothing further can work: the session has ended, or the device is gone. */
  get gaveUp(): boolean {
    return this.#gaveUp;
  }

  /** @param line for people; none with `--json` */
  done(line: string): void {
    this.saved += 1;
    this.#unreachable = 0;
    this.say(line);
  }

  say(line: string): void {
    if (this.#json) return;
    this.progress.clear();
    printLine(line);
  }

  /** Something that a person should know although nothing failed. */
  note(line: string): void {
    if (this.#json) return;
    this.progress.clear();
    printNotice(line);
  }

  fail(path: string, error: unknown): void {
    const { code, message } = failureOf(error);
    const cause = localCause(error) ?? message;
    this.failed.push({ path, code: localCause(error) === undefined ? code : 'local-file', message: cause });
    this.note(`not ${this.#did}: ${path}: ${cause}`);
    if (isPeerstorError(error, 'not-signed-in')) this.#gaveUp = true;
    this.#unreachable = isPeerstorError(error, 'peer-unreachable') ? this.#unreachable + 1 : 0;
    if (this.#unreachable >= unreachableMax) this.#gaveUp = true;
  }

  /** Something that a command leaves out unless it is told otherwise: no failure, but worth a word. */
  passOver(path: string, message: string): void {
    this.passedOver.push({ path, message });
    this.note(`left out: ${path}: ${message}`);
  }

  /** A file of which less than all is there. */
  partly(path: string, code: string, message: string): void {
    this.#partly += 1;
    this.failed.push({ path, code, message });
    this.note(`not all of ${path}: ${message}`);
  }

  /** @throws {CommandFailure} `incomplete`, when anything that was asked for was not done */
  end(stopped: boolean): void {
    this.progress.clear();
    const verb = this.#dryRun ? 'would be' : this.saved === 1 ? 'was' : 'were';
    const counts = `${countOf(this.saved)} ${verb} ${this.#did}`;
    const again = 'Run the same command again to go on.';
    if (stopped) {
      const cut = this.cutOff === 0 ? '' : ` ${countOf(this.cutOff)} cut off and not kept.`;
      const waiting =
        this.waiting === 0 ? '' : ` ${countOf(this.waiting)} cut off; the device keeps what came.`;
      throw new CommandFailure(
        'incomplete',
        `Stopped: ${counts}, the rest was not.${cut}${waiting} ${again}`,
      );
    }
    if (this.#gaveUp) {
      throw new CommandFailure(
        'incomplete',
        `Gave up: ${counts}, the rest was not. ${this.#lastCause()} ${again}`,
      );
    }
    if (this.failed.length === 0) return;
    const failed = this.failed.length - this.#partly;
    const missing =
      failed === 0 ? [] : [`${failed} ${this.#dryRun ? 'would' : failed === 1 ? 'was' : 'were'} not`];
    const parts = this.#partly === 0 ? [] : [`${countOf(this.#partly)} not whole`];
    throw new CommandFailure('incomplete', `${[counts, ...missing, ...parts].join(', ')} (named above).`);
  }

  #lastCause(): string {
    return this.failed.at(-1)?.message ?? '';
  }
}
