// Package products is pages for products that people run and that send mail with the credential:
// README.md is where to begin. Its tests run the pages: their files and commands as they stand.
package products
