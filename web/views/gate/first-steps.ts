/** Views of the first minutes and of rare ones, loaded together when they are needed. */
export { LendView } from './lend.tsx';
export { PairGuideView } from './pair-guide.tsx';
export { RecoverView } from './recover.tsx';
export { RecoveryView } from './recovery.tsx';
export { RegisterView } from './register.tsx';
export { SetupView } from './setup.tsx';
