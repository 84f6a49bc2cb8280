/** One request to the device that serves this page. No Preact, no document. */
import type { ProblemView, SignedInView } from '../../src/model/api.ts';
import { errorSentence, t } from '../words/words.ts';
import { keepProof, proofHeaders } from './session-proof.ts';

/** What the device answered instead; `message` is a sentence for people. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** Of a link that has ended: why. */
  readonly state: string | undefined;

  constructor(problem: Pick<ProblemView, 'status' | 'code' | 'detail'> & { state?: unknown }) {
    super(errorSentence(problem.code, problem.detail));
    this.name = 'ApiError';
    this.status = problem.status;
    this.code = problem.code;
    this.state = typeof problem.state === 'string' ? problem.state : undefined;
  }
}

export function problemFrom(status: number, text: string): ApiError {
  try {
    const problem = JSON.parse(text) as ProblemView;
    if (typeof problem.detail === 'string') return new ApiError({ ...problem, status });
  } catch {
    // not JSON: said below
  }
  if (status === 0) {
    return new ApiError({
      status,
      code: 'unreachable',
      detail: t('This device is not answering. Is it still on?'),
    });
  }
  return new ApiError({ status, code: 'unknown', detail: t('The device answered {status}.', { status }) });
}

export async function ask<Shape>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Shape> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: { ...proofHeaders(), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? null : JSON.stringify(body),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw problemFrom(0, '');
  }
  const text = await response.text();
  if (!response.ok) throw problemFrom(response.status, text);
  return (text === '' ? undefined : JSON.parse(text)) as Shape;
}

/** A cut connection or a device that is starting: worth another try without asking the person. */
export function isWorthRetrying(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 503);
}

/** Sends what begins a session, and keeps the page's half of it. */
export async function askForSession<Shape extends SignedInView>(path: string, body: unknown): Promise<Shape> {
  const answer = await ask<Shape>('POST', path, body);
  keepProof(answer.proof);
  return answer;
}
