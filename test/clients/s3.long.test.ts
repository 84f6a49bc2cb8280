import { describeS3Programs } from './s3-programs.ts';

describeS3Programs({ copied: 500, saved: 200 });
