/** Who signed a request of S3, and whether the signature is right (AWS Signature Version 4). */
import type { FastifyRequest } from 'fastify';
import { equalBytes, requestSignature, requestSigningKey } from '../../crypto/index.ts';
import type { Clock } from '../../model/clock.ts';
import type { Accounts, Session } from '../../model/contracts/drive.ts';
import { presignedSecondsMax, signatureSkewMs } from '../limits/http-limits.ts';
import { isoTimeMs } from '../requests/times.ts';
import { isSafe } from '../sessions/clear-text.ts';
import { canonicalRequest, hashOfText } from './canonical-request.ts';
import { signatureError } from './s3-errors.ts';

const algorithm = 'AWS4-HMAC-SHA256';
const unsignedPayload = 'UNSIGNED-PAYLOAD';

/** What a signature claims, read and not checked yet. */
interface Claim {
  accessKeyId: string;
  date: string;
  region: string;
  service: string;
  signedHeaders: string[];
  signature: string;
  /** As `20260101T000000Z`. */
  time: string;
  /** Of an address that carries its signature: seconds that it holds. */
  expiresInS: number | undefined;
  payloadHash: string;
}

/** Proof of one request, by which the pieces of its body are checked too. */
export interface SignedRequest {
  session: Session;
  /** Of the body: a SHA-256 in hex, `UNSIGNED-PAYLOAD`, or `STREAMING-…`. */
  payloadHash: string;
  signature: string;
  time: string;
  scope: string;
  signingKey: Uint8Array;
}

/** @throws `forbidden`, with the code of S3 that says why */
export async function checkSignature(
  request: FastifyRequest,
  accounts: Pick<Accounts, 'resumeAccessKey'>,
  clock: Clock,
): Promise<SignedRequest> {
  const claim = claimOf(request);
  requireTime(claim, clock.wallMs());
  requireAllSigned(request, claim);
  const session = await accounts.resumeAccessKey(claim.accessKeyId);
  if (session === undefined) {
    throw signatureError(
      'InvalidAccessKeyId',
      'This device knows no such access key: use the one that came with the token, or use the token once as a password here.',
    );
  }
  if (claim.accessKeyId === session.secret) refuseBareToken(request, claim);
  const { date, region, service } = claim;
  const scope = `${date}/${region}/${service}/aws4_request`;
  const signingKey = requestSigningKey(session.secret, { date, region, service });
  const canonical = canonicalRequest(request, claim.signedHeaders, claim.payloadHash);
  const text = [algorithm, claim.time, scope, hashOfText(canonical)].join('\n');
  if (!equalHex(requestSignature(signingKey, text), claim.signature)) {
    throw signatureError(
      'SignatureDoesNotMatch',
      'The signature is wrong: check that the secret key is the token, and that nothing on the way changes requests.',
    );
  }
  const { payloadHash, signature, time } = claim;
  return { session, payloadHash, signature, time, scope, signingKey };
}

export function equalHex(one: string, other: string): boolean {
  return equalBytes(Buffer.from(one, 'utf8'), Buffer.from(other, 'utf8'));
}

function claimOf(request: FastifyRequest): Claim {
  const query = new URLSearchParams((request.raw.url ?? '').split('?')[1] ?? '');
  const { authorization } = request.headers;
  if (query.has('X-Amz-Signature') || query.has('X-Amz-Credential')) {
    if (authorization !== undefined) throw malformed('two signatures came');
    return claimInAddress(request, query);
  }
  if (authorization === undefined) {
    throw signatureError(
      'AccessDenied',
      'Sign in first: this address takes requests that are signed with an access key.',
    );
  }
  return claimInHeader(request, authorization);
}

function claimInHeader({ headers }: FastifyRequest, authorization: string): Claim {
  const [, fields = ''] = /^AWS4-HMAC-SHA256\s+(.+)$/.exec(authorization) ?? [];
  if (fields === '') throw malformed(`only ${algorithm} is taken`);
  const field = (name: string) =>
    new RegExp(`(?:^|,)\\s*${name}=([^,\\s]+)`).exec(fields)?.[1] ?? missing(name);
  const payloadHash = headers['x-amz-content-sha256'];
  if (typeof payloadHash !== 'string') throw malformed('the header x-amz-content-sha256 is missing');
  return {
    ...scopeOf(field('Credential')),
    signedHeaders: field('SignedHeaders').split(';'),
    signature: field('Signature'),
    time: String(headers['x-amz-date'] ?? ''),
    expiresInS: undefined,
    payloadHash,
  };
}

function claimInAddress({ headers }: FastifyRequest, query: URLSearchParams): Claim {
  const field = (name: string) => {
    const [value, another] = query.getAll(`X-Amz-${name}`);
    if (value === undefined || another !== undefined) return missing(`X-Amz-${name}`);
    return value;
  };
  if (field('Algorithm') !== algorithm) throw malformed(`only ${algorithm} is taken`);
  const expires = field('Expires');
  if (!/^\d{1,6}$/.test(expires) || Number(expires) < 1 || Number(expires) > presignedSecondsMax) {
    throw malformed(`X-Amz-Expires must be a number from 1 to ${presignedSecondsMax}`);
  }
  const payloadHash = headers['x-amz-content-sha256'];
  return {
    ...scopeOf(field('Credential')),
    signedHeaders: field('SignedHeaders').split(';'),
    signature: field('Signature'),
    time: field('Date'),
    expiresInS: Number(expires),
    payloadHash: typeof payloadHash === 'string' ? payloadHash : unsignedPayload,
  };
}

function scopeOf(credential: string): Pick<Claim, 'accessKeyId' | 'date' | 'region' | 'service'> {
  const [accessKeyId = '', date = '', region = '', service = '', end, more] = credential.split('/');
  const isWhole = accessKeyId !== '' && /^\d{8}$/.test(date) && end === 'aws4_request' && more === undefined;
  if (!isWhole || service !== 's3') throw malformed('the credential is not KEY/DATE/REGION/s3/aws4_request');
  return { accessKeyId, date, region, service };
}

/** @throws for a time that is far from now, and for an address whose time is over */
function requireTime({ time, date, expiresInS }: Claim, nowMs: number): void {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  const [year, month, day, hour, minute, second] = parts;
  const signedMs = isoTimeMs(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (signedMs === undefined || !time.startsWith(date)) {
    throw signatureError(
      'AccessDenied',
      'The time of the signature must come as X-Amz-Date, such as 20260101T000000Z.',
    );
  }
  const isEarly = signedMs - nowMs > signatureSkewMs;
  const isLate = nowMs - signedMs > (expiresInS === undefined ? signatureSkewMs : expiresInS * 1000);
  if (!isEarly && !isLate) return;
  if (expiresInS !== undefined && isLate) throw signatureError('AccessDenied', 'Request has expired.');
  throw signatureError(
    'RequestTimeTooSkewed',
    'The clocks of this device and of the client are more than 15 minutes apart.',
  );
}

/** What changes the meaning of a request must be signed, or it could be added on the way. */
function requireAllSigned({ headers }: FastifyRequest, { signedHeaders }: Claim): void {
  const signed = new Set(signedHeaders);
  const open = Object.keys(headers).find((name) => name.startsWith('x-amz-') && !signed.has(name));
  if (!signed.has('host') || open !== undefined) {
    throw signatureError('AccessDenied', `The header "${open ?? 'host'}" must be signed.`);
  }
}

/** An address is passed on, and a header is read along: neither may hold what opens the drive. */
function refuseBareToken(request: FastifyRequest, { expiresInS }: Claim): void {
  if (expiresInS !== undefined) {
    throw signatureError(
      'AccessDenied',
      'An address signed with the token as its access key gives the token away: use the access key that came with the token.',
    );
  }
  if (isSafe(request)) return;
  throw signatureError(
    'AccessDenied',
    'Over plain http anybody on the way could read the token: use the access key that came with it, or https.',
  );
}

function missing(field: string): never {
  throw malformed(`${field} is missing, or there twice`);
}

function malformed(why: string) {
  return signatureError('AccessDenied', `The signature cannot be read: ${why}.`);
}
