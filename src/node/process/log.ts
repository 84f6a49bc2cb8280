/** The log on stderr: JSON for programs, sentences on a terminal. It never contains a secret or a file name. */
import { pino } from 'pino';
import { displayJson, displayText } from '../../model/display-text.ts';
import type { Log } from '../../model/log.ts';

export function createLog(level: string): Log {
  const options = { level, base: null, redact: ['password', 'secret', 'code', '*.password', '*.secret'] };
  const destination = pino.destination(2);
  if (!process.stderr.isTTY)
    return pino(options, { write: (line: string) => destination.write(jsonLine(line)) });
  return pino(options, { write: (line: string) => process.stderr.write(readable(line)) });
}

const labels: Record<number, string> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error' };

/** One JSON object a line; text of strangers cannot move the cursor of who reads it in a terminal. */
export function jsonLine(line: string): string {
  return `${displayJson(line.trimEnd())}\n`;
}

/** "12:03:07 warn  sentence  {facts}" */
export function readable(line: string): string {
  const { level, time, msg, ...facts } = JSON.parse(line) as { level: number; time: number; msg?: string };
  const clock = new Date(time).toTimeString().slice(0, 8);
  const rest = Object.keys(facts).length > 0 ? `  ${JSON.stringify(facts)}` : '';
  return `${clock} ${(labels[level] ?? 'trace').padEnd(5)} ${displayText(`${msg ?? ''}${rest}`)}\n`;
}
