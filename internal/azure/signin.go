package azure

import (
	"context"
	"net/netip"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/golang-jwt/jwt/v5"
)

// SignInAddress returns the address from which the user signed in, as the access token has it. Tokens of users have it, those of
// applications do not: then the address is not valid. It is that of the user at the time of the sign-in, behind whatever translates it
// (https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference, ipaddr). The token is read and not verified:
// Resource Manager does that.
func (c *Client) SignInAddress(ctx context.Context) (netip.Addr, error) {
	token, err := c.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{c.audience + "/.default"}})
	if err != nil {
		return netip.Addr{}, explain(err)
	}
	var claims struct {
		jwt.RegisteredClaims
		Address string `json:"ipaddr"`
	}
	if _, _, err := jwt.NewParser().ParseUnverified(token.Token, &claims); err != nil {
		return netip.Addr{}, &Error{Reason: Refused, Text: "the access token is no JSON web token"}
	}
	a, err := netip.ParseAddr(claims.Address)
	if err != nil {
		return netip.Addr{}, nil // a claim that may be absent
	}
	return a.Unmap(), nil
}
