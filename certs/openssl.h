/*
 * OpenSSL as a whole, for programs.
 */
#ifndef MUSTER_CERTS_OPENSSL_H
#define MUSTER_CERTS_OPENSSL_H

/* To be called first, by a program that uses Paho: OpenSSL is not taken down at exit. The threads of Paho 1.3.12 say
 * that they have ended before they have; what OpenSSL keeps for each is freed by the thread's last breath, which may
 * come while exit() frees the same, or after it: then it is lost. Not for libraries: it counts for the whole process.
 */
void openssl_begin(void);

#endif
