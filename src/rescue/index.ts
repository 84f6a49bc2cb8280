/** The rescue room's door: the catalog beside the chunks, and the drive that is read from both. */
export { JournalKeeper } from './journal-keeper.ts';
export { openRescuedDrive, type RescuedDrive } from './rescued-drive.ts';
