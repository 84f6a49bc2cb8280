/** A signed-in user's shares: with other users, by links and by tokens; and what others share with them. */
import type { Sharing } from '../../model/contracts/drive.ts';
import { createLinks } from './links.ts';
import { createSharingWithPeople } from './people.ts';
import type { SharingParts } from './sharing-parts.ts';
import { createTokens } from './tokens.ts';

export function createSharing(parts: SharingParts): Sharing {
  return { ...createSharingWithPeople(parts), ...createLinks(parts), ...createTokens(parts) };
}
