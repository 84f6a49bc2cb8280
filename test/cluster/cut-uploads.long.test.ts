import { describeCutUploads } from './cut-uploads.ts';

describeCutUploads({ rounds: 20, fileBytes: 24 * 1024 * 1024 });
