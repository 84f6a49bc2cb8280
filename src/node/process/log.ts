/** The log on stderr: JSON for programs, sentences on a terminal. It never contains a secret or a file name. */
import { pino } from 'pino';
import type { Log } from '../../model/log.ts';

export function createLog(level: string): Log {
  const options = { level, base: null, redact: ['password', 'secret', 'code', '*.password', '*.secret'] };
  if (!process.stderr.isTTY) return pino(options, pino.destination(2));
  return pino(options, { write: (line: string) => process.stderr.write(readable(line)) });
}

const labels: Record<number, string> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error' };

/** "12:03:07 warn  sentence  {facts}" */
function readable(line: string): string {
  const { level, time, msg, ...facts } = JSON.parse(line) as { level: number; time: number; msg?: string };
  const clock = new Date(time).toTimeString().slice(0, 8);
  const rest = Object.keys(facts).length > 0 ? `  ${JSON.stringify(facts)}` : '';
  return `${clock} ${(labels[level] ?? 'trace').padEnd(5)} ${msg ?? ''}${rest}\n`;
}
