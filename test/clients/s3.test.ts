import { describeS3Programs } from './s3-programs.ts';

describeS3Programs({ copied: 60, saved: 40 });
