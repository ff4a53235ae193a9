// Package products has pages for products that send mail with the credential. Begin with README.md.
// Its tests run the pages' files and commands unchanged.
package products
