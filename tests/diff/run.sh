#!/bin/sh
# make diff: changed certificates, read by us and by OpenSSL. Arguments go to the program: --count N, --seed S. What is
# changed are the certificates of tests/vectors, so that a seed always means the same; those in diff/ were made by
#     ttp init "Changed Root" --permit example.org --org "Seal, Wax & Co" --country NO
#     ttp issue www.example.org --profile server
#     ttp issue somebody.example.org --profile client --key p256
exec "${BUILD:-build}/tests/diff/certs" "$@" tests/vectors/diff/*.crt tests/vectors/tls/*.crt
