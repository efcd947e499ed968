//! What every resource of NetBox says in the same words.

/// Implements `Resource` for a [`Model`](super::Model).
macro_rules! resource {
    ($resource:ident) => {
        impl ::tf_provider::Resource for $resource {
            type Client = $crate::netbox::NetBox;

            fn validate(
                config: &<Self as ::tf_provider::Attributes>::Values,
                diagnostics: &mut ::tf_provider::Diagnostics,
            ) {
                <Self as $crate::netbox::model::Model>::check(config, diagnostics);
            }

            async fn plan(
                cx: &mut ::tf_provider::PlanContext<Self>,
                netbox: Option<&Self::Client>,
            ) -> ::tf_provider::Result<()> {
                $crate::netbox::model::plan(cx, netbox)
            }

            async fn create(
                cx: &mut ::tf_provider::Context<Self>,
                netbox: &Self::Client,
                plan: <Self as ::tf_provider::Attributes>::Plan,
            ) -> ::tf_provider::Result<Self> {
                $crate::netbox::model::create(cx, netbox, plan).await
            }

            async fn read(
                cx: &mut ::tf_provider::Context<Self>,
                netbox: &Self::Client,
                identity: <Self as ::tf_provider::ResourceModel>::Identity,
            ) -> ::tf_provider::Result<Option<Self>> {
                $crate::netbox::model::read(cx, netbox, identity).await
            }

            async fn find(
                cx: &mut ::tf_provider::Context<Self>,
                netbox: &Self::Client,
            ) -> ::tf_provider::Result<Option<<Self as ::tf_provider::ResourceModel>::Identity>>
            {
                $crate::netbox::model::find(cx, netbox).await
            }

            async fn update(
                cx: &mut ::tf_provider::Context<Self>,
                netbox: &Self::Client,
                identity: <Self as ::tf_provider::ResourceModel>::Identity,
                update: ::tf_provider::Update<Self>,
            ) -> ::tf_provider::Result<Self> {
                $crate::netbox::model::update(cx, netbox, identity, update).await
            }

            async fn delete(
                cx: &mut ::tf_provider::Context<Self>,
                netbox: &Self::Client,
                identity: <Self as ::tf_provider::ResourceModel>::Identity,
            ) -> ::tf_provider::Result<()> {
                $crate::netbox::model::delete(cx, netbox, identity).await
            }
        }
    };
}
pub(crate) use resource;
