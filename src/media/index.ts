/** The media room's door. */
export { createMediaMaker, type MediaMakerParts } from './media-maker.ts';
