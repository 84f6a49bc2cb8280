/** Whether what is typed on this page passes the network unprotected. */

/** Where the page came from this machine, nobody is between. */
const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

export function isExposed({ protocol, hostname }: Pick<Location, 'protocol' | 'hostname'>): boolean {
  return protocol === 'http:' && !loopback.test(hostname);
}

/** The same page over https: both are served on one port. */
export function secureAddress({ host, pathname, search, hash }: Location): string {
  return `https://${host}${pathname}${search}${hash}`;
}
