/** The authority to trust, and a page that says how. Plain HTML: a phone reads it before anything of ours is trusted. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { renderSVG } from 'uqr';
import { pageHeaders } from '../replies/security-headers.ts';

export interface TrustedAuthority {
  /** PEM. */
  readonly authority: string;
  /** SHA-256 of the authority's certificate, as systems show it: `AB:CD:…`. */
  readonly fingerprint: string;
}

/** `GET /ca.crt`: the authority, so that browsers take this device's certificate without a warning. */
export function certificateRoutes(app: FastifyInstance, certificates: TrustedAuthority): void {
  const config = { access: 'public' } as const;
  app.get('/ca.crt', { config }, (_request, reply) =>
    reply
      .type('application/x-x509-ca-cert')
      .header('content-disposition', 'attachment; filename="peerstor-ca.crt"')
      .send(certificates.authority),
  );

  app.get('/install-certificate', { config }, (request, reply) =>
    reply
      .headers({ ...pageHeaders, 'cache-control': 'no-cache' })
      .type('text/html; charset=utf-8')
      .send(installPage(request, certificates.fingerprint)),
  );
}

interface System {
  name: string;
  /** Of the User-Agent. */
  sign: RegExp;
  steps: readonly string[];
}

/** Those that call themselves by several names come first. */
const systems: readonly System[] = [
  {
    name: 'iPhone and iPad',
    sign: /iPhone|iPad/,
    steps: [
      'Open this page in Safari and tap <a href="/ca.crt">Download the certificate</a>, then Allow.',
      'Open the app Settings, tap “Profile Downloaded” near the top, then Install.',
      'In Settings, open General, About, Certificate Trust Settings, and switch peerstor on.',
    ],
  },
  {
    name: 'Android',
    sign: /Android/,
    steps: [
      'Tap <a href="/ca.crt">Download the certificate</a>.',
      'Open Settings and search for “CA certificate” (Security, Encryption &amp; credentials, Install a certificate).',
      'Choose CA certificate, Install anyway, and the file peerstor-ca.crt in Downloads.',
      'Chrome takes it. Firefox asks for it in Settings, About Firefox: tap the logo five times, go back, and switch on “Use third party CA certificates” in Secret Settings.',
    ],
  },
  {
    name: 'Windows',
    sign: /Windows/,
    steps: [
      '<a href="/ca.crt">Download the certificate</a> and open the file.',
      'Click Install Certificate, Current User, then “Place all certificates in the following store”.',
      'Browse to “Trusted Root Certification Authorities”, finish, and agree when Windows asks.',
      'Close and open the browser (Edge and Chrome use this store).',
    ],
  },
  {
    name: 'macOS',
    sign: /Macintosh|Mac OS X/,
    steps: [
      '<a href="/ca.crt">Download the certificate</a> and open the file: Keychain Access adds it to “login”.',
      'In Keychain Access, find peerstor under Certificates and open it.',
      'Under Trust, choose “Always Trust” for “When using this certificate”, and close the window.',
    ],
  },
  {
    name: 'Linux',
    sign: /Linux|X11/,
    steps: [
      '<a href="/ca.crt">Download the certificate</a>.',
      'Chrome and Chromium: open Settings, Privacy and security, Security, Manage certificates, Installed by you, and import it for websites.',
      'For programs such as curl, on Debian and Ubuntu: <code>sudo cp peerstor-ca.crt /usr/local/share/ca-certificates/ &amp;&amp; sudo update-ca-certificates</code>; on Fedora: <code>sudo trust anchor peerstor-ca.crt</code>.',
    ],
  },
  {
    name: 'Firefox on a computer',
    sign: /Firefox/,
    steps: [
      '<a href="/ca.crt">Download the certificate</a>.',
      'Open Settings, Privacy &amp; Security, Certificates, View Certificates, and Import under Authorities.',
      'Choose the file and tick “Trust this CA to identify websites”.',
    ],
  },
];

function installPage(request: FastifyRequest, fingerprint: string): string {
  const { host, headers } = request;
  // Firefox has its own list of authorities everywhere but on phones.
  const isMobile = /Android|iPhone|iPad/.test(headers['user-agent'] ?? '');
  const order = isMobile ? systems : [...systems].reverse();
  const own = order.find(({ sign }) => sign.test(headers['user-agent'] ?? ''));
  const address = `http://${host}/install-certificate`;
  const sections = systems.map(
    (system) => `<details${system === own ? ' open' : ''}><summary><h2>${system.name}</h2></summary>
<ol>${system.steps.map((step) => `<li>${step}</li>`).join('')}</ol></details>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Install the certificate · peerstor</title>
<link rel="stylesheet" href="/api/docs/style.css"><link rel="icon" href="/icon.svg">
</head>
<body>
<main>
<h1>Install the certificate</h1>
<p>Your devices sign their own certificates, because nobody else can vouch for an address at your home. Install the certificate of your
network once on each phone and computer: then every device of the network opens over https without a warning.</p>
<p>Do this on a network that you trust. The certificate must have this SHA-256 fingerprint, which your other devices show on this page, too:</p>
<p><code>${fingerprint}</code></p>
<p>When an admin is demoted or disabled, your network takes a new certificate, with the day in its name. Install it again then, and remove the one of before.</p>
${sections.join('\n')}
<h2>On another phone</h2>
<p>Scan this with its camera, or open <code>${escapeHtml(address)}</code>.</p>
<div class="qr">${renderSVG(address)}</div>
<h2>Then</h2>
<p><a href="https://${escapeHtml(host)}/">Open this device over https</a></p>
</main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
