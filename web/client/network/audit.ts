/** The audit log of the device that serves this page. */

import type { AuditView } from '../../../src/model/api.ts';
import { t } from '../../words/words.ts';
import type { Page } from '../query.ts';
import { ask } from '../request.ts';
import { proofHeaders } from '../session-proof.ts';

export interface AuditFilter {
  /** A part of the sentence. */
  q: string;
  /** Days such as 2026-11-21; empty for no bound. */
  from: string;
  to: string;
}

function addressOf(filter: AuditFilter, more: Record<string, string>): string {
  const given = Object.entries({ ...filter, ...more }).filter(([, value]) => value !== '');
  return `/api/v1/audit?${new URLSearchParams(given)}`;
}

export function askAudit(filter: AuditFilter, cursor: string | null): Promise<Page<AuditView>> {
  return ask<Page<AuditView>>('GET', addressOf(filter, { limit: '100', cursor: cursor ?? '' }));
}

/** Everything that the filter lets through, as a file. A plain link could not carry the proof of the session. */
export async function auditFile(filter: AuditFilter): Promise<Blob> {
  const answer = await fetch(addressOf(filter, { format: 'csv' }), { headers: proofHeaders() });
  if (!answer.ok) throw new Error(t('The device answered {status}.', { status: answer.status }));
  return await answer.blob();
}
