import type { FastifyInstance } from 'fastify';

/** `GET /ca.crt`: the authority to trust, so that browsers take this device's certificate without a warning. */
export function certificateRoutes(app: FastifyInstance, certificates: { readonly authority: string }): void {
  app.get('/ca.crt', { config: { access: 'public' } }, (_request, reply) =>
    reply
      .type('application/x-x509-ca-cert')
      .header('content-disposition', 'attachment; filename="peerstor-ca.crt"')
      .send(certificates.authority),
  );
}
