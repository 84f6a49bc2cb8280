/** How a trustee helps: looks at what is asked, waits, and gives a share that only the one who asked can open. */

import type { TrusteeShare, TrusteesBody } from '../../../model/accounts/recovery-records.ts';
import type { Clock } from '../../../model/clock.ts';
import type { Audit } from '../../../model/contracts/audit.ts';
import type { CatalogAuthor, CatalogReader, Signer } from '../../../model/contracts/catalog.ts';
import { PeerstorError } from '../../../model/errors.ts';
import type { RecoveryRequestView } from '../../../model/views/recovery.ts';
import { accountOf } from '../../users/sign-in.ts';
import { openRequests, type RecoveryRequest } from './recovery-requests.ts';
import type { RequestAges } from './request-ages.ts';
import { openShare, sealAnswer } from './trustee-shares.ts';

/** A user or device that may hold a share, with what opens it. */
export interface Helper {
  kind: 'user' | 'device';
  id: string;
  name: string;
  signer: Signer;
  sealingSecret: Uint8Array;
}

export interface Helping {
  /** Does this one hold a share of the account, and may it still be given? */
  isAsked(catalog: CatalogReader, request: RecoveryRequest, helper: Helper): boolean;
  /** What trustees of now gave. */
  answersOf(catalog: CatalogReader, request: RecoveryRequest): Uint8Array[];
  views(
    catalog: CatalogReader,
    requests: readonly RecoveryRequest[],
    helper?: Helper,
  ): Promise<RecoveryRequestView[]>;
  /** @throws `not-found`, `not-ready`, `gone` */
  help(catalog: CatalogAuthor, id: string, helper: Helper): Promise<RecoveryRequestView>;
}

export function createHelping(parts: { ages: RequestAges; clock: Clock; audit: Audit }): Helping {
  const { ages, clock, audit } = parts;

  const views: Helping['views'] = async (catalog, requests, helper) => {
    const known = await ages.of(requests);
    return requests.map((request) => {
      const trustees = trusteesOf(catalog, request);
      const leftMs = Math.max(0, (trustees?.waitMs ?? 0) - (known.get(request.id) ?? 0));
      return {
        id: request.id,
        username: catalog.get('user', request.user)?.body?.username ?? '',
        checkWords: request.checkWords,
        device: catalog.get('device', request.device)?.body?.name ?? '',
        createdAt: new Date(request.createdAt).toISOString(),
        helpFrom: helper ? new Date(clock.wallMs() + leftMs).toISOString() : null,
        helped: helper !== undefined && request.answers.has(helper.id),
        given: answersOf(catalog, request).length,
        needed: trustees?.needed ?? 0,
        stopped: request.isStopped,
      };
    });
  };

  return {
    isAsked: (catalog, request, helper) =>
      !request.isStopped && shareOf(trusteesOf(catalog, request), helper) !== undefined,
    answersOf,
    views,

    async help(catalog, id, helper) {
      const request = (await openRequests(catalog, clock.wallMs())).find((one) => one.id === id);
      const trustees = request && trusteesOf(catalog, request);
      const held = shareOf(trustees, helper);
      if (!request || !trustees || !held) throw new PeerstorError('not-found', 'There is no such request.');
      if (request.isStopped) throw new PeerstorError('gone', 'This request was stopped, or is done.');
      const knownMs = (await ages.of([request])).get(id) ?? 0;
      if (knownMs < trustees.waitMs) throw tooEarly(trustees.waitMs - knownMs);
      const share = await openShare(helper.sealingSecret, request.user, held.sealed);
      const sealed = await sealAnswer(request.key, request.id, share);
      const body = { user: request.user, says: 'share', sealed } as const;
      await catalog.author([{ table: 'recovery', id: `${id}.${helper.id}`, body }], helper.signer);
      const username = catalog.get('user', request.user)?.body?.username;
      const sentence = `${helper.name} helped somebody back into this account.`;
      audit.note({ event: 'recovery-helped', ...(username !== undefined && { username }), sentence });
      const answered = { ...request, answers: new Map([...request.answers, [helper.id, sealed]]) };
      return (await views(catalog, [answered], helper))[0]!;
    },
  };
}

function trusteesOf(catalog: CatalogReader, { user }: RecoveryRequest): TrusteesBody | undefined {
  return accountOf(catalog, user)?.bundle.trustees;
}

function shareOf(
  trustees: TrusteesBody | undefined,
  { kind, id }: Pick<Helper, 'kind' | 'id'>,
): TrusteeShare | undefined {
  return trustees?.shares.find((share) => share.kind === kind && share.id === id);
}

function answersOf(catalog: CatalogReader, request: RecoveryRequest): Uint8Array[] {
  const { shares = [] } = trusteesOf(catalog, request) ?? {};
  return shares.flatMap(({ id }) => request.answers.get(id) ?? []);
}

function tooEarly(leftMs: number): PeerstorError {
  const hours = Math.ceil(leftMs / 3_600_000);
  const sentence = `The owner of the account can still stop this: help in ${hours} h.`;
  return new PeerstorError('not-ready', sentence, { details: { retryAfterS: Math.ceil(leftMs / 1000) } });
}
