/** `/s3/`: the drive of a token as S3 has it, path style. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { createErrorReply } from '../../replies/error-reply.ts';
import { s3Prefix } from '../../requests/target.ts';
import {
  absentSetting,
  bucketLocation,
  bucketVersioning,
  createBucket,
  deleteBucket,
  deleteObjects,
  headBucket,
  listBuckets,
} from '../../s3/buckets.ts';
import { listObjects, listVersions } from '../../s3/listing.ts';
import {
  abortMultipart,
  completeMultipart,
  copyPart,
  createMultipart,
  listMultiparts,
  listParts,
  putPart,
} from '../../s3/multipart.ts';
import { copyObject, deleteObject, getObject, putObject } from '../../s3/objects.ts';
import { notImplemented, renderS3Error } from '../../s3/s3-errors.ts';
import type { S3Request } from '../../s3/s3-request.ts';
import { s3TargetOf } from '../../s3/s3-target.ts';
import { checkSignature } from '../../s3/signature.ts';
import { deleteTags, getTags, putTags } from '../../s3/tags.ts';
import { WalkCache } from '../../s3/walk.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { leaveBodiesAlone } from '../../uploads/upload-request.ts';

type Operation = (s3: S3Request) => Promise<FastifyReply>;

const methods = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'];
/** What a query may say that is no name of another operation. */
const plainParameters =
  /^(?:x-id|list-type|prefix|delimiter|marker|max-keys|continuation-token|start-after|encoding-type|fetch-owner|max-parts|part-number-marker|max-uploads|key-marker|upload-id-marker|response-.+|x-amz-.+)$/i;

export function s3Routes(app: FastifyInstance, context: RouteContext): void {
  const walks = new WalkCache(context.clock);
  app.register(async (scope) => {
    leaveBodiesAlone(scope);
    scope.setErrorHandler(createErrorReply(context.log, context.clock, renderS3Error));
    for (const url of [s3Prefix, `${s3Prefix}/*`]) {
      scope.route({
        method: methods,
        url,
        config: { access: 'signed' },
        handler: async (request, reply) => {
          reply.header('x-amz-request-id', request.id);
          const signed = await checkSignature(request, context.front.accounts, context.clock);
          request.session = signed.session;
          const query = new URLSearchParams((request.raw.url ?? '').split('?')[1] ?? '');
          const target = s3TargetOf(request);
          const { drive } = signed.session;
          const s3 = { request, reply, context, signed, drive, target, query, walks };
          return operationOf(s3)(s3);
        },
      });
    }
  });
}

function operationOf(s3: S3Request): Operation {
  const { target, query, request } = s3;
  // What is not versioned has one version, which is called so.
  if (query.get('versionId') === 'null') query.delete('versionId');
  const named = [...query.keys()].filter((name) => !plainParameters.test(name));
  if (target.bucket === undefined) return request.method === 'GET' ? listBuckets : refused(request.method);
  if (target.key === '') return bucketOperation(request.method, named);
  return objectOperation(s3, named);
}

function bucketOperation(method: string, named: readonly string[]): Operation {
  const operation = [method, ...named].join(' ');
  const operations: Readonly<Record<string, Operation>> = {
    GET: listObjects,
    HEAD: headBucket,
    PUT: createBucket,
    DELETE: deleteBucket,
    'GET location': bucketLocation,
    'GET versioning': bucketVersioning,
    'GET versions': listVersions,
    'POST delete': deleteObjects,
    'GET uploads': listMultiparts,
  };
  const setting = method === 'GET' ? absentSetting(named.join(' ')) : undefined;
  return operations[operation] ?? setting ?? refused(operation);
}

function objectOperation({ request }: S3Request, named: readonly string[]): Operation {
  const isCopy = request.headers['x-amz-copy-source'] !== undefined;
  // In one order, whatever order the client has.
  const operation = [isCopy ? 'COPY' : request.method, ...[...named].sort()].join(' ');
  const operations: Readonly<Record<string, Operation>> = {
    GET: getObject,
    HEAD: getObject,
    PUT: putObject,
    COPY: copyObject,
    DELETE: deleteObject,
    'POST uploads': createMultipart,
    'PUT partNumber uploadId': putPart,
    'COPY partNumber uploadId': copyPart,
    'POST uploadId': completeMultipart,
    'DELETE uploadId': abortMultipart,
    'GET uploadId': listParts,
    'GET tagging': getTags,
    'PUT tagging': putTags,
    'DELETE tagging': deleteTags,
  };
  return operations[operation] ?? refused(operation);
}

function refused(operation: string): Operation {
  return async () => {
    throw notImplemented(`The operation "${operation.slice(0, 80)}"`);
  };
}
