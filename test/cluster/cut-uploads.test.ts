import { describeCutUploads } from './cut-uploads.ts';

describeCutUploads({ rounds: 6, fileBytes: 8 * 1024 * 1024 });
