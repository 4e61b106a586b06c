// For making threads inside a process whose signals belong to somebody else: inside Xorg, to Xorg.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <initializer_list>

namespace spice {

// All signals blocked in this thread for as long as it lives, but for those that a fault in the very thread
// raises: blocking these would only turn them into an unexplained death. New threads inherit the mask.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all_but_faults;
        sigfillset(&all_but_faults);
        for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) {
            sigdelset(&all_but_faults, fault);
        }
        pthread_sigmask(SIG_SETMASK, &all_but_faults, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

} // namespace spice
